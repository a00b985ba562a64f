#ifndef PENSTOCK_CTHREADS_SHIM_H
#define PENSTOCK_CTHREADS_SHIM_H

// Glibc's Swift module leaves these out.
#include <malloc.h>
#include <sys/prctl.h>

// Variadic, therefore invisible to Swift. Names the calling thread.
static inline int penstock_name_thread(const char *name) {
    return prctl(PR_SET_NAME, name, 0, 0, 0);
}

// Large buffers come from the system and go back to it when they are freed, whatever was freed before: without that the
// allocator learns to keep the largest ones. Its constants are macros that Swift does not see.
static inline void penstock_return_large_memory(int large, int kept) {
    mallopt(M_MMAP_THRESHOLD, large);
    mallopt(M_TRIM_THRESHOLD, kept);
}

// Bytes that were freed and that the allocator keeps.
static inline size_t penstock_kept_memory(void) { return mallinfo2().fordblks; }

#endif
