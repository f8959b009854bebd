package main

import (
	"fmt"
	"math"
	"strconv"
)

// level is how far two medians may lie apart and still count as the same.
const level = 0.03

// best is the peer with the best median of a row; ok is false where no peer
// has a number.
func (r *Row) best(peers []string) (name string, value float64, ok bool) {
	for _, p := range peers {
		c := r.Cells[p]
		if c.Summary.N == 0 {
			continue
		}
		if !ok || r.better(c.Summary.Median, value) {
			name, value, ok = p, c.Summary.Median, true
		}
	}
	return name, value, ok
}

func (r *Row) better(a, b float64) bool {
	if r.Higher {
		return a > b
	}
	return a < b
}

// verdict says how forever stands against the best peer, in its words: where it
// is not the best, that is said first.
func (r *Row) verdict(peers []string) string {
	ours := r.Cells[Ours]
	name, theirs, ok := r.best(peers)
	if ours.Summary.N == 0 || !ok || r.Neutral {
		return ""
	}
	mine := ours.Summary.Median
	if same(mine, theirs) {
		return "level with the best"
	}
	of := ratio(mine, theirs) + " " + name
	if r.better(mine, theirs) {
		return "best: " + of
	}
	return "**not best**: " + of
}

// standing is the verdict, or where there is no peer the ratio to the limit.
func (r *Row) standing(peers []string) string {
	verdict, limit := r.verdict(peers), r.toLimit()
	if verdict == "" && limit != "" {
		return limit + " limit"
	}
	return verdict
}

func same(a, b float64) bool {
	return a == b || math.Abs(a-b) <= level*max(math.Abs(a), math.Abs(b))
}

// ratio is a as a multiple of b. There is none of nothing.
func ratio(a, b float64) string {
	if b == 0 {
		return fmt.Sprintf("%s, not 0 as", number(a))
	}
	return number(a/b) + " ×"
}

// toLimit is forever as a multiple of the limit, or empty.
func (r *Row) toLimit() string {
	ours, limit := r.Cells[Ours].Summary, r.Cells[Limit].Summary
	if ours.N == 0 || limit.N == 0 || limit.Median == 0 {
		return ""
	}
	return number(ours.Median/limit.Median) + " ×"
}

// number has three digits that mean something, and no exponent.
func number(v float64) string {
	switch a := math.Abs(v); {
	case a >= 100 || a == math.Trunc(a):
		return thousands(strconv.FormatFloat(math.Round(v), 'f', 0, 64))
	case a >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case a >= 1:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case a >= 0.001:
		return strconv.FormatFloat(v, 'f', 3, 64)
	}
	return "0.000"
}

// thousands puts commas into a whole number.
func thousands(digits string) string {
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}
