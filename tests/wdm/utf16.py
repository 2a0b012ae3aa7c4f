#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A setup file as Windows' tools write it: UTF-16 with a byte order mark and CR LF. usage: utf16.py FROM TO"""
import sys

with open(sys.argv[1], encoding='utf-8') as f:
    text = f.read()
with open(sys.argv[2], 'wb') as f:
    f.write(text.replace('\n', '\r\n').encode('utf-16'))
