/* SPDX-License-Identifier: MIT */
/* The driver framework (KMDF) as a driver includes it: all parts but USB, which is wdfusb.h. Methods are inline
 * wrappers that pass the module's WdfDriverGlobals, so the runtime always knows which driver called. */
#ifndef _WDF_H_
#define _WDF_H_
#ifndef _NTDDK_
#ifndef _WDM_
#include "wdm.h"
#endif
#endif
#include "wdftypes.h"
#include "wdfstatus.h"
#include "wdfobject.h"
#include "wdfsync.h"
#include "wdfdriver.h"
#include "wdfmemory.h"
#include "wdfstring.h"
#include "wdfcollection.h"
#include "wdfregistry.h"
#include "wdffileobject.h"
#include "wdfdevice.h"
#include "wdffdo.h"
#include "wdfresource.h"
#include "wdfqueryinterface.h"
#include "wdfcontrol.h"
#include "wdftimer.h"
#include "wdfdpc.h"
#include "wdfworkitem.h"
#include "wdfrequest.h"
#include "wdfiotarget.h"
#include "wdfio.h"
#endif
