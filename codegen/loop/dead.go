package loop

import "slices"

// dropUnread takes out what is computed for nobody: a reader may have turned out
// to look at elements only that no condition lets it see.
func (l *lowering) dropUnread() {
	for {
		read := map[*value]bool{}
		for _, c := range l.comps {
			for _, v := range c.reads() {
				for ; v != nil; v = v.of {
					read[v] = true
				}
			}
		}
		dead := func(v *value) bool {
			for ; v != nil; v = v.of {
				if v.kind != Temp || read[v] {
					return false
				}
			}
			return true
		}
		n := len(l.comps)
		l.comps = slices.DeleteFunc(l.comps, func(c *comp) bool { return c.region == nil && dead(c.target) })
		if len(l.comps) == n {
			return
		}
		l.order = slices.DeleteFunc(l.order, func(v *value) bool { return len(v.writers) > 0 && dead(v) && !v.loops() })
	}
}

// loops reports whether a loop of the graph writes the value.
func (v *value) loops() bool {
	return slices.ContainsFunc(v.writers, func(c *comp) bool { return c.region != nil })
}
