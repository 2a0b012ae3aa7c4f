/* SPDX-License-Identifier: MIT */
/* The interface of bulk_driver.c. */
#ifndef BULK_DRIVER_H
#define BULK_DRIVER_H

#include <initguid.h>

/* {5a3f0e0e-9c53-4b37-8d2e-66783264e003} */
DEFINE_GUID(GUID_DEVINTERFACE_BULK, 0x5a3f0e0e, 0x9c53, 0x4b37, 0x8d, 0x2e, 0x66, 0x78, 0x32, 0x64, 0xe0, 0x03);

#endif
