#ifndef PENSTOCK_CJQ_SHIM_H
#define PENSTOCK_CJQ_SHIM_H

#include <jq.h>
#include <jv.h>

// jv_is_valid is a function only inside this header's translation unit, and does not say whether it takes its argument
// over; this one leaves the value alone.
static inline int cjq_is_valid(jv value) {
    return jv_get_kind(value) != JV_KIND_INVALID;
}

// Ends the running program at its next step; also from another thread: the interpreter looks at a plain flag before
// each instruction. Starting a program again takes the flag back.
static inline void cjq_interrupt(jq_state *state) {
    jq_halt(state, jv_invalid(), jv_invalid());
}

#endif
