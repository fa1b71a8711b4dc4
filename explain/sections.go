package explain

// A section is one thing of a list, or several that belong to one group.
type section[T any] struct {
	One   *T
	Title string // of a group
	First *T     // of them
	In    []*section[T]
}

// Count is how many things there are in s.
func (s *section[T]) Count() int {
	n := b2i(s.One != nil)
	for _, in := range s.In {
		n += in.Count()
	}
	return n
}

// sections says which groups each value is in, where there are so many values
// that a list of them is to be folded.
func (d *Derivation) sections() map[int]*Group {
	groups := d.valueGroups()
	if count(&sight{groups: groups, folded: FoldNone.folds}, d.Values) <= many {
		return nil
	}
	return innermost(groups)
}

// innermost is the innermost call that values are in, by their numbers.
func innermost(groups []*Group) map[int]*Group {
	in := map[int]*Group{}
	for _, g := range groups { // the outer ones first
		for _, v := range g.values {
			if g.call != nil {
				in[v.ID] = g
			}
		}
	}
	return in
}

// sections folds what follows on each other in one group.
func sections[T interface{ value() int }](list []T, in map[int]*Group) []*section[T] {
	root := &section[T]{}
	at := []*section[T]{root} // that are open
	var open []*Group
	for i := range list {
		path := in[list[i].value()].path()
		k := 0
		for k < len(path) && k < len(open) && path[k] == open[k] {
			k++
		}
		open, at = path, at[:k+1]
		for _, g := range path[k:] {
			s := &section[T]{Title: g.Name(), First: &list[i]}
			at[len(at)-1].In = append(at[len(at)-1].In, s)
			at = append(at, s)
		}
		at[len(at)-1].In = append(at[len(at)-1].In, &section[T]{One: &list[i]})
	}
	return root.In
}

func (l lineData) value() int { return l.Value }

func (s stageData) value() int { return s.Value }
