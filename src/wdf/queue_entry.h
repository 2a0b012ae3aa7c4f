/* SPDX-License-Identifier: MIT */
/* What the device calls of queues, requests and targets. */
#ifndef WDF_QUEUE_ENTRY_H
#define WDF_QUEUE_ENTRY_H

#include "wdf/device.h"
#include "wdf/request.h"

#pragma weak wdf_device_io_init
#pragma weak wdf_device_io_dispatch
#pragma weak wdf_device_io_takes
#pragma weak wdf_device_io_start
#pragma weak wdf_device_io_stop
#pragma weak wdf_device_io_purge
#pragma weak wdf_device_io_flush_file
#pragma weak wdf_request_from_irp

#endif
