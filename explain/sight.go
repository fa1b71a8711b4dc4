package explain

import (
	"slices"
)

// A sight is what of the values of a derivation a picture shows: some groups as
// one box each, and all that there is, or only what is in one group.
type sight struct {
	groups []*Group
	folded func(*Group) bool
	inside *Group // with the values that it reads around it; nil: all
}

// A spot is the place of a value in a picture, or of those of a folded group.
type spot struct {
	value   *Value // of a group the one that it is there for
	group   *Group // that stands here, or else the innermost that the value is in; or nil
	folded  bool
	outside bool // it is not what the picture is of: something in it reads the value
	last    int  // the number of its last value
}

// spots puts values into places, each after those that it reads.
func (s *sight) spots(vs []*Value) ([]*spot, map[*Value]*spot) {
	in, fold := map[*Value]*Group{}, map[*Value]*Group{}
	for _, g := range s.groups { // the outer ones first
		for _, v := range g.values {
			in[v] = g
			if fold[v] == nil && s.folded(g) {
				fold[v] = g
			}
		}
	}
	read := map[*Value]bool{} // by what is inside
	if s.inside != nil {
		for _, v := range s.inside.values {
			for _, u := range v.From {
				read[u] = true
			}
		}
	}
	shown := setOf(vs)
	at := map[*Value]*spot{}
	of := map[*Group]*spot{}
	var all []*spot
	for _, v := range vs {
		g := fold[v]
		p := &spot{value: v, group: in[v]}
		switch {
		case s.inside != nil && !within(in[v], s.inside):
			if !read[v] {
				continue
			}
			p.group, p.outside = nil, true
		case g != nil && of[g] != nil:
			p = of[g]
		case g != nil && shown[g.value]:
			p.value, p.group, p.folded = g.value, g, true
			of[g] = p
		}
		if at[v] = p; !slices.Contains(all, p) {
			all = append(all, p)
		}
		if v.Def != nil || !p.folded {
			p.last = v.ID
		}
	}
	return inOrder(all, vs, at), at
}

// within reports whether g is o or a group in it.
func within(g, o *Group) bool {
	for ; g != nil; g = g.Outer {
		if g == o {
			return true
		}
	}
	return false
}

// inOrder sorts places so that each comes after those that it reads in the same
// pass; else they stand as their last values do.
func inOrder(all []*spot, vs []*Value, at map[*Value]*spot) []*spot {
	waits := map[*spot]map[*spot]bool{}
	for _, v := range vs {
		for _, u := range v.From {
			p, q := at[u], at[v]
			if p == nil || q == nil || p == q || u.ID >= v.ID {
				continue
			}
			if waits[q] == nil {
				waits[q] = map[*spot]bool{}
			}
			waits[q][p] = true
		}
	}
	var out []*spot
	done := map[*spot]bool{}
	for range all {
		var next *spot
		ready := false
		for _, p := range all {
			if done[p] {
				continue
			}
			free := true
			for q := range waits[p] {
				free = free && done[q]
			}
			if next == nil || free && !ready || free == ready && p.last < next.last {
				next, ready = p, free
			}
		}
		done[next] = true
		out = append(out, next)
	}
	return out
}
