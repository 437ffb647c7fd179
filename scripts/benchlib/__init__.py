# SPDX-License-Identifier: BSD-2-Clause
"""Measures trustncg beside its peers: the set, the runner, the measures, the report."""
