package main

import "testing"

// rowOf makes a row with one value per subject.
func rowOf(higher bool, values map[string]float64) *Row {
	r := &Row{Higher: higher, Cells: map[string]Cell{}}
	for name, v := range values {
		r.Cells[name] = Cell{Values: []float64{v}, Summary: summarize([]float64{v})}
	}
	return r
}

func TestVerdict(t *testing.T) {
	peers := []string{"a", "b", "gone"}
	for name, c := range map[string]struct {
		higher bool
		values map[string]float64
		want   string
	}{
		"best":          {false, map[string]float64{Ours: 2, "a": 4, "b": 5}, "best: 0.500 × a"},
		"not best":      {false, map[string]float64{Ours: 10, "a": 4, "b": 5}, "**not best**: 2.50 × a"},
		"level":         {false, map[string]float64{Ours: 100, "a": 98}, "level with the best"},
		"higher":        {true, map[string]float64{Ours: 10, "a": 4, "b": 5}, "best: 2 × b"},
		"higher, worse": {true, map[string]float64{Ours: 1, "a": 4, "b": 5}, "**not best**: 0.200 × b"},
		"both nothing":  {false, map[string]float64{Ours: 0, "a": 0}, "level with the best"},
		"best nothing":  {false, map[string]float64{Ours: 0, "a": 3}, "best: 0 × a"},
		"not nothing":   {false, map[string]float64{Ours: 3, "a": 0}, "**not best**: 3, not 0 as a"},
		"no peer":       {false, map[string]float64{Ours: 3}, ""},
		"not ours":      {false, map[string]float64{"a": 3}, ""},
		"limit alone":   {false, map[string]float64{Ours: 3, Limit: 1}, ""},
	} {
		if got := rowOf(c.higher, c.values).verdict(peers); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestNeutralRowHasNoVerdict(t *testing.T) {
	r := rowOf(false, map[string]float64{Ours: 2, "a": 4})
	r.Neutral = true
	if got := r.verdict([]string{"a"}); got != "" {
		t.Errorf("%q", got)
	}
}

func TestToLimit(t *testing.T) {
	for want, values := range map[string]map[string]float64{
		"1.50 ×": {Ours: 3, Limit: 2},
		"":       {Ours: 3, Limit: 0},
	} {
		if got := rowOf(false, values).toLimit(); got != want {
			t.Errorf("%v: %q, want %q", values, got, want)
		}
	}
}

func TestStanding(t *testing.T) {
	peers := []string{"a"}
	for want, values := range map[string]map[string]float64{
		"1.50 × limit":    {Ours: 3, Limit: 2},
		"best: 0.500 × a": {Ours: 3, Limit: 2, "a": 6},
		"":                {Ours: 3},
	} {
		if got := rowOf(false, values).standing(peers); got != want {
			t.Errorf("%v: %q, want %q", values, got, want)
		}
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1: "1", 0.25: "0.250", 0.0004: "0.000", 1.234: "1.23", 12.34: "12.3",
		123.4: "123", 1234.5: "1,235", 1234567: "1,234,567", -1234: "-1,234", -0.5: "-0.500",
	} {
		if got := number(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
}
