/* SPDX-License-Identifier: MIT */
/* Cancel-safe queues are a part of wdm.h; older kits had them in a header of their own. */
#include "wdm.h"
