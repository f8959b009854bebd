package main

import (
	"slices"
	"testing"
)

func TestSummarize(t *testing.T) {
	twenty := make([]float64, 20)
	for i := range twenty {
		twenty[i] = float64(20 - i)
	}
	for name, c := range map[string]struct {
		values []float64
		want   summary
	}{
		"none":   {nil, summary{}},
		"one":    {[]float64{3}, summary{3, 3, 3, 1}},
		"odd":    {[]float64{9, 1, 5}, summary{5, 1, 9, 3}},
		"even":   {[]float64{4, 1, 3, 2}, summary{2.5, 1, 4, 4}},
		"twenty": {twenty, summary{10.5, 1, 19, 20}},
		"zeros":  {[]float64{0, 0}, summary{0, 0, 0, 2}},
	} {
		before := slices.Clone(c.values)
		if got := summarize(c.values); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
		if !slices.Equal(before, c.values) {
			t.Errorf("%s: the values were changed", name)
		}
	}
}
