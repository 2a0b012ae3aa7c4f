#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""echo.py SOCKET: the other end of run.sh's serial device; sends back what it gets. Waits for the socket to be made."""
import os
import socket
import sys
import time

while not os.path.exists(sys.argv[1]):
    time.sleep(0.05)
peer = socket.socket(socket.AF_UNIX)
peer.connect(sys.argv[1])
while data := peer.recv(4096):
    peer.sendall(data)
