/* SPDX-License-Identifier: MIT */
/* String objects. */
#ifndef WDF_STRING_H
#define WDF_STRING_H

#include "wdf/object.h"

struct wdf_string {
    struct wdf_object object;
    UNICODE_STRING text; /* its buffer is ours and terminated */
};

extern const struct wdf_class wdf_string_class;

NTSTATUS wdf_string_set(struct wdf_string *string, const UNICODE_STRING *text);

#endif
