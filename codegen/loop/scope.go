package loop

// A Scope says what names mean at a place of a program. Names come again in other scopes.
type Scope struct {
	vars   map[string]*Var
	hidden []hiding // what is brought back at the ends of scopes
}

// A hiding is a name, and what it meant before it was declared again; nil where it meant nothing.
type hiding struct {
	name string
	was  *Var
}

// Of returns the variable of a name, or nil.
func (s *Scope) Of(name string) *Var { return s.vars[name] }

// Declare gives v its name until a scope that has begun is left.
func (s *Scope) Declare(v *Var) {
	if s.vars == nil {
		s.vars = map[string]*Var{}
	}
	s.hidden = append(s.hidden, hiding{v.Name, s.vars[v.Name]})
	s.vars[v.Name] = v
}

// Enter begins a scope. What it returns ends it.
func (s *Scope) Enter() (leave func()) {
	start := len(s.hidden)
	return func() {
		for n := len(s.hidden) - 1; n >= start; n-- {
			if h := s.hidden[n]; h.was != nil {
				s.vars[h.name] = h.was
			} else {
				delete(s.vars, h.name)
			}
			s.hidden = s.hidden[:n]
		}
	}
}
