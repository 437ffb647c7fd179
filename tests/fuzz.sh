#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The saved inputs of the fuzz targets, once; `make fuzz` looks for new ones.
exec "$(dirname "$0")/../scripts/fuzz" replay
