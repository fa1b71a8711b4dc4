package nest

import (
	"slices"

	"github.com/bpgen/bpgen/codegen/loop"
	"github.com/bpgen/bpgen/codegen/simd/asm"
	"github.com/bpgen/bpgen/symbolic"
)

// A record is a stretch of memory that belongs to one turn of a loop over
// lanes: the element for a field of turn i is at i·step + base + field. All
// fields that a body reads are loaded together, as whole vectors that are then
// sorted by lane, which is much faster than gathering each; stores likewise.
type record struct {
	buf    *loop.Buffer
	step   int
	base   symbolic.Poly // alike in all lanes
	fields []int         // in order, from 0 up to step
}

// records are those of a loop over lanes.
type records struct {
	loads, stores []*record
}

const (
	longestRecord = 64 // of those that are sorted
	fewFields     = 3  // are gathered one by one, or fewer
)

// recordsOf finds the records that every turn of l reads and writes. Whole numbers and truth values
// are sorted like reals where they are as wide.
func (c *compiler) recordsOf(l *loop.Loop) records {
	_, declared := changed(l.Body)
	inside := func(name string) bool {
		for v := range declared {
			if v.Name == name {
				return true
			}
		}
		return false
	}
	var loads, storesTo []access
	sure := func(e loop.Expr) {
		eachSure(e, func(x *loop.Load) { loads = append(loads, access{x.Buf, x.Index, nil}) })
	}
	for _, s := range l.Body {
		switch s.(type) {
		case *loop.Loop, *loop.If, *loop.Choose:
			continue
		}
		for _, v := range values(s) {
			sure(v)
		}
		if st, ok := s.(*loop.Store); ok && st.Op == nil {
			storesTo = append(storesTo, access{st.Buf, st.Index, st})
		}
	}
	known := map[*loop.Buffer]bool{}
	apart := func(b *loop.Buffer) bool {
		ok, seen := known[b]
		if !seen {
			ok = c.elemSize(b) == c.t.Size() && ordered(l, b)
			known[b] = ok
		}
		return ok
	}
	return records{
		loads:  group(loads, l.Var.Name, inside, apart),
		stores: group(storesTo, l.Var.Name, inside, apart),
	}
}

// ordered reports whether all loads from b may stand before the body of l and
// all stores to it after it: no element is read after it was written, and no
// access is under a condition.
func ordered(l *loop.Loop, b *loop.Buffer) bool {
	if !stored(l.Body)[b] {
		return true
	}
	var done []symbolic.Poly
	ok := true
	for _, s := range l.Body {
		all := accesses([]loop.Stmt{s})
		switch s.(type) {
		case *loop.Loop, *loop.If, *loop.Choose:
			ok = ok && !slices.ContainsFunc(all, func(a access) bool { return a.buf == b })
			continue
		}
		sure := 0
		for _, v := range values(s) {
			eachSure(v, func(x *loop.Load) {
				if x.Buf == b {
					sure++
				}
			})
		}
		for _, a := range all {
			switch {
			case a.buf != b:
			case a.store == nil:
				sure--
				ok = ok && !slices.ContainsFunc(done, a.index.Equal)
			default:
				ok = ok && a.store.Op == nil
				done = append(done, a.index)
			}
		}
		ok = ok && sure == 0
	}
	return ok
}

// eachSure calls f for the loads that are done whenever e is evaluated.
func eachSure(e loop.Expr, f func(*loop.Load)) {
	switch e := e.(type) {
	case *loop.Load:
		f(e)
	case *loop.Apply:
		for i, a := range e.Args {
			if !e.Op.Lazy || i == 0 {
				eachSure(a, f)
			}
		}
	}
}

// group sorts accesses into records.
func group(list []access, lane string, inside func(string) bool, may func(*loop.Buffer) bool) (out []*record) {
	for _, a := range list {
		if !may(a.buf) {
			continue
		}
		step, base, field, ok := recordOf(a.index, lane)
		if !ok || slices.ContainsFunc(base.Syms(), inside) {
			continue
		}
		i := slices.IndexFunc(out, func(r *record) bool {
			return r.buf == a.buf && r.step == step && r.base.Equal(base)
		})
		if i < 0 {
			i = len(out)
			out = append(out, &record{a.buf, step, base, nil})
		}
		if r := out[i]; !slices.Contains(r.fields, field) {
			r.fields = append(r.fields, field)
			slices.Sort(r.fields)
		}
	}
	return slices.DeleteFunc(out, func(r *record) bool { return len(r.fields) < min(fewFields, r.step) })
}

// recordOf takes an index apart: the record's step and base, and the field.
func recordOf(index symbolic.Poly, lane string) (step int, base symbolic.Poly, field int, ok bool) {
	step, rest, ok := index.Linear(lane)
	if !ok || step < 2 || step > longestRecord || mentions(rest, lane) || denominator(rest) != 1 {
		return 0, base, 0, false
	}
	base, fixed := split(rest, func(string) bool { return true })
	n, _ := fixed.Const()
	field = (n%step + step) % step
	return step, base.Add(symbolic.Int(n - field)), field, true
}

// find returns the record and field of an index.
func find(list []*record, b *loop.Buffer, index symbolic.Poly, lane string) (*record, int) {
	step, base, field, ok := recordOf(index, lane)
	if !ok {
		return nil, 0
	}
	for _, r := range list {
		if r.buf == b && r.step == step && r.base.Equal(base) && slices.Contains(r.fields, field) {
			return r, field
		}
	}
	return nil, 0
}

// inRecords runs f, which is the body of a loop over lanes, with its records
// loaded before and stored after it. Where it is not known how many lanes are at work, each
// access is by itself.
func (c *compiler) inRecords(all records, f func()) {
	if c.lane.mask != nil && c.lane.left == 0 {
		f()
		return
	}
	c.lane.records, c.lane.kept = all, sorted{}
	c.lane.loaded = c.loadRecords(all.loads)
	f()
	c.storeRecords(all.stores, c.lane.kept)
}

// sorted are the vectors of a record's fields, by copy and field.
type sorted map[*record][]map[int]asm.V

// loadRecords loads what every turn reads.
func (c *compiler) loadRecords(list []*record) sorted {
	out := sorted{}
	for _, r := range list {
		for i := range c.lane.copies {
			m, n := c.recordAt(r, i), c.atWork(i)
			fields := map[int]asm.V{}
			if c.permutes(r.step) {
				c.loadDense(r, m, n, fields)
			} else {
				c.loadRows(r, m, n, fields)
			}
			out[r] = append(out[r], fields)
		}
	}
	return out
}

// atWork is how many lanes of a copy are.
func (c *compiler) atWork(copy int) int {
	if c.lane.left > 0 && copy == c.lane.copies-1 {
		return c.lane.left
	}
	return c.t.Lanes()
}

// recordAt is where field 0 of the first lane of a copy is.
func (c *compiler) recordAt(r *record, copy int) asm.Mem {
	size := c.t.Size()
	g, disp := c.pointer(r.buf, r.base)
	m := asm.Mem{Base: g, Disp: disp + (c.lane.at+copy*c.t.Lanes())*r.step*size}
	if c.lane.base.Ok() {
		m.Base = c.r.Lea(g, c.stepped(symbolic.Int(r.step)), size, 0)
	}
	return m
}

// permutes reports whether records of a step are sorted by permutations of
// whole vectors, which take step−1 of them a field, rather than by transposes.
func (c *compiler) permutes(step int) bool {
	switch {
	case c.t.ISA == asm.AVX512:
		return step <= 8
	case c.t.Elem == asm.F32:
		return step <= 4
	}
	return false
}

// loadDense loads all memory of the records of n lanes, from the first field that
// is read to the last, and picks each field's lanes from it.
func (c *compiler) loadDense(r *record, m asm.Mem, n int, fields map[int]asm.V) {
	lanes, first := c.t.Lanes(), r.fields[0]
	last := (n-1)*r.step + r.fields[len(r.fields)-1] - first // of the elements, from 0
	m = m.Plus(first * c.t.Size())
	var vs []asm.V
	for from := 0; from <= last; from += lanes {
		at := m.Plus(from * c.t.Size())
		if n := last - from + 1; n < lanes {
			vs = append(vs, c.r.LoadMask(at, c.r.MaskConst(n)))
		} else {
			vs = append(vs, c.r.Load(at))
		}
	}
	for _, f := range r.fields {
		fields[f] = c.collect(vs, n, func(lane int) int { return lane*r.step + f - first })
	}
}

// collect returns for each of n lanes the element of vs that at says, and anything in the others.
func (c *compiler) collect(vs []asm.V, n int, at func(lane int) int) asm.V {
	lanes := c.t.Lanes()
	var out asm.V
	for k := 0; k < len(vs); k++ {
		// What is there already, and what comes from a vector, or two of them where nothing is there.
		from := vs[k : k+1]
		if c.t.ISA == asm.AVX512 && !out.Ok() {
			from = vs[k:min(k+2, len(vs))]
		}
		some := false
		turn := make([]uint64, lanes)
		here := func(lane int) bool { e := at(lane) - k*lanes; return lane < n && 0 <= e && e < len(from)*lanes }
		for i := range turn {
			turn[i] = uint64(i)
			if here(i) {
				turn[i] = uint64(at(i) - k*lanes)
				some = true
			}
		}
		switch {
		case !some:
			continue
		case !out.Ok():
			out = c.r.Lookup(from, c.r.ConstLanes(turn))
		default:
			out = c.into(out, vs[k], turn, here)
		}
		k += len(from) - 1
	}
	return out
}

// into is out with lanes of v, those that turn says, in the lanes that are here.
func (c *compiler) into(out, v asm.V, turn []uint64, here func(lane int) bool) asm.V {
	if c.t.ISA != asm.AVX512 {
		return c.r.Select(c.r.MaskOf(here), c.r.Lookup([]asm.V{v}, c.r.ConstLanes(turn)), out)
	}
	both := make([]uint64, len(turn))
	for i, t := range turn {
		both[i] = uint64(i)
		if here(i) {
			both[i] = uint64(len(turn)) + t
		}
	}
	return c.r.Lookup([]asm.V{out, v}, c.r.ConstLanes(both))
}

// loadRows loads for each of n lanes its fields side by side, as many as a vector
// has at a time, and transposes.
func (c *compiler) loadRows(r *record, m asm.Mem, n int, fields map[int]asm.V) {
	for _, part := range c.parts(r.fields) {
		rows := make([]asm.V, c.t.Lanes())
		for lane := range rows {
			if lane >= n {
				rows[lane] = rows[0]
				continue
			}
			at := m.Plus((lane*r.step + part.first) * c.t.Size())
			if part.n < len(rows) {
				rows[lane] = c.r.LoadMask(at, c.r.MaskConst(part.n))
			} else {
				rows[lane] = c.r.Load(at)
			}
		}
		columns := c.r.Transpose(rows)
		for _, f := range r.fields {
			if part.first <= f && f < part.first+part.n {
				fields[f] = columns[f-part.first]
			}
		}
	}
}

// A part is n fields from first on, no more than a vector has lanes.
type part struct{ first, n int }

func (c *compiler) parts(fields []int) (out []part) {
	for _, f := range fields {
		if n := len(out); n > 0 && f < out[n-1].first+c.t.Lanes() {
			out[n-1].n = f - out[n-1].first + 1
			continue
		}
		out = append(out, part{f, 1})
	}
	return out
}

// storeRecords writes what was kept back.
func (c *compiler) storeRecords(list []*record, kept sorted) {
	for _, r := range list {
		for i, fields := range kept[r] {
			m, n := c.recordAt(r, i), c.atWork(i)
			switch {
			case len(fields) != len(r.fields):
				failf("a field of %s was not stored", r.buf.Name)
			case c.permutes(r.step) && len(r.fields) == r.step:
				c.storeDense(r, m, n, fields)
			case c.t.ISA == asm.AVX512 && r.whole():
				c.storeRows(r, m, n, fields)
			default:
				for _, f := range r.fields {
					c.storeApart(m.Plus(f*c.t.Size()), r.step, n, fields[f])
				}
			}
		}
	}
}

// whole reports whether the fields lie side by side.
func (r *record) whole() bool {
	return r.fields[len(r.fields)-1]-r.fields[0] == len(r.fields)-1
}

// storeDense makes vectors of the records of n lanes, of which no field is left out.
func (c *compiler) storeDense(r *record, m asm.Mem, n int, fields map[int]asm.V) {
	lanes := c.t.Lanes()
	vs := make([]asm.V, r.step)
	for f := range vs {
		vs[f] = fields[f]
	}
	for from := 0; from < n*r.step; from += lanes {
		left := min(n*r.step-from, lanes)
		out := c.collect(vs, left, func(lane int) int { e := from + lane; return e%r.step*lanes + e/r.step })
		if at := m.Plus(from * c.t.Size()); left < lanes {
			c.r.StoreMask(at, c.r.MaskConst(left), out)
		} else {
			c.r.Store(at, out)
		}
	}
}

// storeRows transposes and stores for each of n lanes its fields side by side.
func (c *compiler) storeRows(r *record, m asm.Mem, n int, fields map[int]asm.V) {
	for _, part := range c.parts(r.fields) {
		columns := make([]asm.V, c.t.Lanes())
		for i := range columns {
			columns[i] = fields[part.first+min(i, part.n-1)]
		}
		for lane, row := range c.r.Transpose(columns)[:n] {
			at := m.Plus((lane*r.step + part.first) * c.t.Size())
			if part.n < len(columns) {
				c.r.StoreMask(at, c.r.MaskConst(part.n), row)
			} else {
				c.r.Store(at, row)
			}
		}
	}
}

// storeApart stores n lanes of v one by one, step elements apart.
func (c *compiler) storeApart(m asm.Mem, step, n int, v asm.V) {
	for lane := range n {
		x := v
		if lane > 0 {
			x = c.r.Lookup([]asm.V{v}, c.r.ConstLanes([]uint64{uint64(lane)}))
		}
		c.r.StoreScalar(m.Plus(lane*step*c.t.Size()), x)
	}
}

// keep keeps back what is stored to a field of a record.
func (k sorted) keep(r *record, copies, field int, x value) {
	if k[r] == nil {
		for range copies {
			k[r] = append(k[r], map[int]asm.V{})
		}
	}
	for i := range copies {
		k[r][i][field] = x.of(i)
	}
}
