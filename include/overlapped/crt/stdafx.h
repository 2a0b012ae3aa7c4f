/* SPDX-License-Identifier: MIT */
/* Programs name a precompiled header first; a program's own file of this name is found before this. */
