"""The linear assignment problem: rows to columns at the least total cost, exactly.

Shortest augmenting paths with dual variables, after Crouse, "On implementing 2D rectangular assignment algorithms",
IEEE Transactions on Aerospace and Electronic Systems 52(4) 2016, section III: rows enter one after the other; a
Dijkstra search over reduced costs finds the cheapest way to make room for the new one. O(rows^2 * columns).
"""

import numpy as np
from numba import njit


@njit(cache=True)
def _augment(cost, row, row_dual, column_dual, column_of, row_of, shortest, before, seen):
    """Let `row` in: the cheapest alternating path from it to a free column; duals and pairs are renewed."""
    n_columns = cost.shape[1]
    shortest[:], before[:], seen[:] = np.inf, -1, False
    at, low, rows_seen, size = row, 0.0, np.empty(cost.shape[0], np.int64), 0
    while True:
        rows_seen[size] = at
        size += 1
        chosen, least = -1, np.inf
        for j in range(n_columns):
            if seen[j]:
                continue
            length = low + cost[at, j] - row_dual[at] - column_dual[j]
            if length < shortest[j]:
                shortest[j], before[j] = length, at
            if shortest[j] < least or (shortest[j] == least and row_of[j] < 0 <= row_of[chosen]):
                chosen, least = j, shortest[j]
        seen[chosen], low = True, least
        if row_of[chosen] < 0:
            break
        at = row_of[chosen]
    row_dual[row] += low
    for i in rows_seen[1:size]:
        row_dual[i] += low - shortest[column_of[i]]
    for j in range(n_columns):
        if seen[j]:
            column_dual[j] -= low - shortest[j]
    while True:
        at = before[chosen]
        row_of[chosen] = at
        column_of[at], chosen = chosen, column_of[at]
        if at == row:
            return


@njit(cache=True)
def assign(cost):
    """The column of each row, (rows,) int64, at the least sum of `cost`, (rows, columns), rows <= columns, finite."""
    n_rows, n_columns = cost.shape
    row_dual, column_dual = np.zeros(n_rows), np.zeros(n_columns)
    column_of, row_of = np.full(n_rows, -1, np.int64), np.full(n_columns, -1, np.int64)
    shortest, before, seen = np.empty(n_columns), np.empty(n_columns, np.int64), np.empty(n_columns, np.bool_)
    for row in range(n_rows):
        _augment(cost, row, row_dual, column_dual, column_of, row_of, shortest, before, seen)
    return column_of
