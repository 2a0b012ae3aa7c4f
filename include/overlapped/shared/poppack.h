/* SPDX-License-Identifier: MIT */
#pragma pack(pop)
