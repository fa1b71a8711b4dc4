package diag

import (
	"strings"
	"unicode/utf8"
)

// Suggest returns the name among those given that name was most likely meant
// to be, or "" when none is close. Of names equally close the first one wins.
func Suggest(name string, among []string) string {
	n := utf8.RuneCountInString(name)
	// A third of the letters may be wrong. In names of one or two letters
	// a wrong letter makes another name, so there only the case may differ.
	limit := 2 * (n / 3)
	best, bestCost := "", limit+1
	for _, c := range among {
		if c == name || c == "" {
			continue
		}
		cost := 1
		if !strings.EqualFold(c, name) {
			cost = 2 * distance(name, c, limit/2)
		}
		if n <= 2 && cost == 1 {
			return c
		}
		if cost < bestCost {
			best, bestCost = c, cost
		}
	}
	return best
}

// distance counts the insertions, deletions, replacements and exchanges of
// neighbours that turn a into b; more than limit is limit+1.
func distance(a, b string, limit int) int {
	s, t := []rune(a), []rune(b)
	if d := len(s) - len(t); d > limit || -d > limit {
		return limit + 1
	}
	before, prev := make([]int, len(t)+1), make([]int, len(t)+1)
	cur := make([]int, len(t)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(s); i++ {
		cur[0] = i
		for j := 1; j <= len(t); j++ {
			same := 1
			if s[i-1] == t[j-1] {
				same = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+same)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
		}
		before, prev, cur = prev, cur, before
	}
	return min(prev[len(t)], limit+1)
}
