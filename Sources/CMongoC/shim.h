#ifndef PENSTOCK_CMONGOC_SHIM_H
#define PENSTOCK_CMONGOC_SHIM_H

#include <mongoc/mongoc.h>

// The message is a fixed array inside the struct, which Swift would import as a tuple of 504.
static inline const char *penstock_error_message(const bson_error_t *error) {
    return error->message;
}

static inline size_t penstock_bson_length(const bson_t *document) {
    return document->len;
}

// A member of a document. Swift cannot pass libbson's iterator about, for its alignment of 128 bytes.
typedef struct {
    bson_type_t type;
    int64_t integer;
    double real;
    bool flag;
    // Text, binary, or a nested document or array; memory of the document.
    const uint8_t *start;
    uint32_t length;
} penstock_member;

static inline bool penstock_find(const bson_t *document, const char *key, penstock_member *member) {
    bson_iter_t iterator;
    if (!bson_iter_init_find(&iterator, document, key)) return false;
    member->type = bson_iter_type(&iterator);
    switch (member->type) {
    case BSON_TYPE_INT32: member->integer = bson_iter_int32(&iterator); break;
    case BSON_TYPE_INT64: member->integer = bson_iter_int64(&iterator); break;
    case BSON_TYPE_DOUBLE: member->real = bson_iter_double(&iterator); break;
    case BSON_TYPE_BOOL: member->flag = bson_iter_bool(&iterator); break;
    case BSON_TYPE_UTF8: member->start = (const uint8_t *)bson_iter_utf8(&iterator, &member->length); break;
    case BSON_TYPE_BINARY: bson_iter_binary(&iterator, NULL, &member->length, &member->start); break;
    case BSON_TYPE_DOCUMENT: bson_iter_document(&iterator, &member->length, &member->start); break;
    case BSON_TYPE_ARRAY: bson_iter_array(&iterator, &member->length, &member->start); break;
    default: break;
    }
    return true;
}

#endif
