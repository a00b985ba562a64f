#ifndef PENSTOCK_CTHREADS_SHIM_H
#define PENSTOCK_CTHREADS_SHIM_H

// Glibc's Swift module leaves it out.
#include <sys/prctl.h>

// Variadic, therefore invisible to Swift. Names the calling thread.
static inline int penstock_name_thread(const char *name) {
    return prctl(PR_SET_NAME, name, 0, 0, 0);
}

#endif
