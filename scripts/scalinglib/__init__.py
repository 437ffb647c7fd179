# SPDX-License-Identifier: BSD-2-Clause
"""Scaling: what is measured, the model that explains it, the figures."""
