package explain

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// overview is the sight of all of vs that one begins with: where they are many
// with all groups folded, as far as there is something left to be seen.
func overview(groups []*Group, vs []*Value) *sight {
	open := map[*Group]bool{}
	s := &sight{groups: groups, folded: func(g *Group) bool { return !open[g] }}
	if count(s, vs) == 0 || len(vs) <= many {
		s.folded = func(*Group) bool { return false }
		return s
	}
	const few = 5
	for count(s, vs) < few {
		var large *Group
		for _, g := range groups {
			if !open[g] && (g.Outer == nil || open[g.Outer]) && (large == nil || len(g.values) > len(large.values)) {
				large = g
			}
		}
		if large == nil {
			break
		}
		if open[large] = true; count(s, vs) > many {
			delete(open, large)
			break
		}
	}
	return s
}

// count is how many places the values that are computed take.
func count(s *sight, vs []*Value) int {
	spots, _ := s.spots(vs)
	n := 0
	for _, p := range spots {
		n += b2i(p.value.Def != nil)
	}
	return n
}

// A pane is one of the pictures of a view among which one moves by opening and
// folding groups.
type pane struct {
	key, title string // the key lists the groups that are open
	sight      *sight
}

// panes are pictures of vs: all that can be open together where these are few
// groups; else what one begins with, all, and each group by itself, so that
// the pictures together are not much more than one with all open.
func panes(groups []*Group, vs []*Value) []pane {
	const few = 3
	var out []pane
	add := func(s *sight, title string) {
		var key []string
		for _, g := range groups {
			if !s.folded(g) {
				key = append(key, fmt.Sprint(g.ID))
			}
		}
		p := pane{strings.Join(key, " "), title, s}
		if !slices.ContainsFunc(out, func(q pane) bool { return q.key == p.key }) {
			out = append(out, p)
		}
	}
	if len(groups) <= few {
		sets := openings(groups)
		if len(vs) <= many && len(sets) > 1 { // then all is seen first
			sets[0], sets[1] = sets[1], sets[0]
		}
		for _, open := range sets {
			add(&sight{groups: groups, folded: func(g *Group) bool { return !open[g.ID] }}, titleOf(groups, open))
		}
		return out
	}
	start := overview(groups, vs)
	open := map[int]bool{}
	for _, g := range groups {
		open[g.ID] = !start.folded(g)
	}
	maps.DeleteFunc(open, func(_ int, o bool) bool { return !o })
	add(start, titleOf(groups, open))
	add(&sight{groups: groups, folded: func(*Group) bool { return true }}, "all folded")
	for _, g := range groups {
		path := g.path()
		var names []string
		for _, o := range path {
			names = append(names, o.Name())
		}
		add(&sight{groups: groups, folded: func(h *Group) bool { return !slices.Contains(path, h) }, inside: g}, "inside "+strings.Join(names, " › "))
	}
	if len(vs) <= 4*many {
		add(&sight{groups: groups, folded: func(*Group) bool { return false }}, "all open")
	}
	return out
}

// titleOf says which groups are open.
func titleOf(groups []*Group, open map[int]bool) string {
	var names []string
	for _, g := range groups {
		if open[g.ID] {
			names = append(names, g.Name())
		}
	}
	switch len(names) {
	case 0:
		return "all folded"
	case len(groups):
		return "all open"
	}
	return "open: " + list(names)
}

// openings are the sets of open groups that are drawn: none, all, and others. A
// group is open only within an open one.
func openings(groups []*Group) []map[int]bool {
	none, all := map[int]bool{}, map[int]bool{}
	for _, g := range groups {
		all[g.ID] = true
	}
	sets := []map[int]bool{none, all}
	add := func(s map[int]bool) {
		if !slices.ContainsFunc(sets, func(t map[int]bool) bool { return maps.Equal(s, t) }) {
			sets = append(sets, s)
		}
	}
	const few = 3
	if len(groups) <= few {
		for bits := range 1 << len(groups) {
			s := map[int]bool{}
			for i, g := range groups {
				if bits>>i&1 == 1 {
					s[g.ID] = true
				}
			}
			if !slices.ContainsFunc(groups, func(g *Group) bool { return s[g.ID] && g.Outer != nil && !s[g.Outer.ID] }) {
				add(s)
			}
		}
		return sets
	}
	for i, g := range groups {
		if i >= 2*many {
			break
		}
		s := map[int]bool{}
		for ; g != nil; g = g.Outer {
			s[g.ID] = true
		}
		add(s)
	}
	return sets
}
