/* SPDX-License-Identifier: MIT */
/* The thread's last error. Every face sets it through here and nowhere else. */
#ifndef WIN32_ERROR_H
#define WIN32_ERROR_H

#include <stdint.h>

/* SetLastError, and WSASetLastError too: on Windows they are one number. */
void error_set(uint32_t code);
uint32_t error_get(void);

/* TRUE for success and informational statuses, last error untouched. Else the last error becomes
 * the translation of the status; FALSE. */
int error_from_status(int32_t status);

#endif
