package target

import "forever/internal/wire"

// nearest is the name or namespace that target may be a slip of, or "" where
// none is near: at most one slip in three letters counts as near.
func nearest(apps []wire.App, target string) string {
	t := []rune(target)
	best, least := "", 1+max(1, len(t)/3)
	for i := range apps {
		for _, word := range [...]string{apps[i].Name, apps[i].Namespace} {
			w := []rune(word)
			if d := distance(t, w); d < least && d < len(w) {
				best, least = word, d
			}
		}
	}
	return best
}

// distance counts the letters to add, drop, replace or swap with a neighbour
// to make b of a. Words whose length differs much are not looked at: the
// answer is then merely large.
func distance(a, b []rune) int {
	if d := len(a) - len(b); d > len(a)/2+1 || -d > len(a)/2+1 {
		return len(a) + len(b)
	}
	var before, last []int // the two rows above
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+differ(a[i-1], b[j-1]))
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}

func differ(a, b rune) int {
	if a == b {
		return 0
	}
	return 1
}
