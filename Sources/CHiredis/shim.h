#ifndef PENSTOCK_CHIREDIS_SHIM_H
#define PENSTOCK_CHIREDIS_SHIM_H

#include <hiredis/hiredis.h>

// Unused bytes that a reader keeps between two feeds; a larger buffer is given back once its reply has been read.
static inline void penstock_reader_set_max_unused(redisReader *reader, size_t bytes) {
    reader->maxbuf = bytes;
}

// The reader's message is a fixed array inside the struct, which Swift would import as a tuple.
static inline const char *penstock_reader_error(const redisReader *reader) {
    return reader->errstr;
}

#endif
