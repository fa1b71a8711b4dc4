package asm

type Kind uint8

const (
	Reals  Kind = iota // []float32 or []float64, as the target's element
	Ints32             // []int32
	Int                // int
	Real               // float32 or float64, as the target's element
	Wide               // float64
)

type Param struct {
	Name string
	Kind Kind
}

type Routine struct{}

func New(t Target, name, doc string, params []Param, results []Param) *Routine { panic("soon") }

// As is the same routine seen with other elements.
func (r *Routine) As(e Elem) *Routine { panic("soon") }
func (r *Routine) Target() Target     { panic("soon") }
func (r *Routine) Lanes() int         { panic("soon") }

// parameters and results
func (r *Routine) Base(name string) G         { panic("soon") } // address of a slice's first element
func (r *Routine) Len(name string) G          { panic("soon") }
func (r *Routine) Int(name string) G          { panic("soon") }
func (r *Routine) Real(name string) V         { panic("soon") } // broadcast; Wide too (as F64 lanes)
func (r *Routine) Return(name string, v V)    { panic("soon") } // lane 0
func (r *Routine) ReturnInt(name string, g G) { panic("soon") }

// variables
func (r *Routine) Var(v V) V       { panic("soon") }
func (r *Routine) Set(dst, src V)  { panic("soon") }
func (r *Routine) GVar(g G) G      { panic("soon") }
func (r *Routine) GSet(dst, src G) { panic("soon") }
func (r *Routine) GAddTo(dst, n G) { panic("soon") } // n may be Imm
func (r *Routine) MVar(k M) M      { panic("soon") }
func (r *Routine) MSet(dst, src M) { panic("soon") }

// memory
func (r *Routine) Load(m Mem) V                                       { panic("soon") }
func (r *Routine) LoadMask(m Mem, k M) V                              { panic("soon") }
func (r *Routine) Store(m Mem, v V)                                   { panic("soon") }
func (r *Routine) StoreMask(m Mem, k M, v V)                          { panic("soon") }
func (r *Routine) StoreNT(m Mem, v V)                                 { panic("soon") } // m aligned to a vector; see Fence
func (r *Routine) Fence()                                             { panic("soon") } // after the last StoreNT
func (r *Routine) Broadcast(m Mem) V                                  { panic("soon") }
func (r *Routine) LoadScalar(m Mem) V                                 { panic("soon") } // other lanes 0
func (r *Routine) StoreScalar(m Mem, v V)                             { panic("soon") }
func (r *Routine) Gather(base G, index V, scale, disp int) V          { panic("soon") }
func (r *Routine) GatherMask(base G, index V, scale, disp int, k M) V { panic("soon") } // masked lanes are 0, memory untouched
func (r *Routine) LoadInts(m Mem) V                                   { panic("soon") } // int32 in memory
func (r *Routine) LoadIntsMask(m Mem, k M) V                          { panic("soon") }
func (r *Routine) BroadcastInt(m Mem) V                               { panic("soon") } // one int32 of memory in all lanes
func (r *Routine) Prefetch(m Mem, h Hint)                             { panic("soon") }

// constants
func (r *Routine) Zero() V                    { panic("soon") }
func (r *Routine) Const(x float64) V          { panic("soon") } // rounded to the element
func (r *Routine) ConstBits(u uint64) V       { panic("soon") }
func (r *Routine) ConstLanes(bits []uint64) V { panic("soon") } // one for each lane, from lane 0; shorter repeats
func (r *Routine) Iota() V                    { panic("soon") }

// reals
func (r *Routine) Add(a, b V) V                     { panic("soon") }
func (r *Routine) Sub(a, b V) V                     { panic("soon") }
func (r *Routine) Mul(a, b V) V                     { panic("soon") }
func (r *Routine) Div(a, b V) V                     { panic("soon") }
func (r *Routine) Min(a, b V) V                     { panic("soon") } // a < b ? a : b
func (r *Routine) Max(a, b V) V                     { panic("soon") } // a > b ? a : b
func (r *Routine) FMA(a, b, c V) V                  { panic("soon") } // a·b + c
func (r *Routine) FNMA(a, b, c V) V                 { panic("soon") } // c − a·b
func (r *Routine) FMS(a, b, c V) V                  { panic("soon") } // a·b − c
func (r *Routine) FMAInto(acc, a, b V)              { panic("soon") } // acc += a·b
func (r *Routine) FMAIntoMem(acc, a V, b Mem)       { panic("soon") } // acc += a·(vector at b)
func (r *Routine) FMAIntoBroadcast(acc, a V, b Mem) { panic("soon") } // acc += a·(element at b)
func (r *Routine) FNMAInto(acc, a, b V)             { panic("soon") } // acc −= a·b
func (r *Routine) Sqrt(v V) V                       { panic("soon") }
func (r *Routine) RcpEst(v V) V                     { panic("soon") } // AVX512: relative error 2⁻¹⁴; AVX2: F32 1.5·2⁻¹², F64 exact division
func (r *Routine) RsqrtEst(v V) V                   { panic("soon") }
func (r *Routine) Neg(v V) V                        { panic("soon") }
func (r *Routine) Abs(v V) V                        { panic("soon") }
func (r *Routine) And(a, b V) V                     { panic("soon") }
func (r *Routine) Or(a, b V) V                      { panic("soon") }
func (r *Routine) Xor(a, b V) V                     { panic("soon") }
func (r *Routine) AndNot(a, b V) V                  { panic("soon") } // a &^ b
func (r *Routine) Round(v V, m Mode) V              { panic("soon") }

// integers in lanes
func (r *Routine) IAdd(a, b V) V     { panic("soon") }
func (r *Routine) ISub(a, b V) V     { panic("soon") }
func (r *Routine) IMul(a, b V) V     { panic("soon") } // low half
func (r *Routine) IShl(v V, n int) V { panic("soon") }
func (r *Routine) IShr(v V, n int) V { panic("soon") } // zeros come in
func (r *Routine) ISar(v V, n int) V { panic("soon") } // the sign comes in
func (r *Routine) IShlV(v, n V) V    { panic("soon") } // each lane by its own count
func (r *Routine) IShrV(v, n V) V    { panic("soon") }
func (r *Routine) IMin(a, b V) V     { panic("soon") }
func (r *Routine) IMax(a, b V) V     { panic("soon") }
func (r *Routine) ToInt(v V) V       { panic("soon") } // nearest even; F64 with AVX2: |v| < 2⁵¹
func (r *Routine) TruncToInt(v V) V  { panic("soon") } // F64 with AVX2: |v| < 2⁵¹
func (r *Routine) ToReal(v V) V      { panic("soon") } // F64 with AVX2: |v| < 2⁵¹
func (r *Routine) ScaleBy2(v, n V) V { panic("soon") } // v·2ⁿ, n reals that are integers
func (r *Routine) SplatInt(g G) V    { panic("soon") } // g in all lanes as an integer

// masks
func (r *Routine) Cmp(p Pred, a, b V) M    { panic("soon") }
func (r *Routine) ICmp(p Pred, a, b V) M   { panic("soon") }
func (r *Routine) IsNaN(v V) M             { panic("soon") }
func (r *Routine) MAnd(a, b M) M           { panic("soon") }
func (r *Routine) MOr(a, b M) M            { panic("soon") }
func (r *Routine) MXor(a, b M) M           { panic("soon") }
func (r *Routine) MNot(a M) M              { panic("soon") }
func (r *Routine) Select(k M, yes, no V) V { panic("soon") }
func (r *Routine) TailMask(n G) M          { panic("soon") } // lanes < n; n < 2³¹
func (r *Routine) MaskConst(n int) M       { panic("soon") } // lanes < n
func (r *Routine) Bits(k M) G              { panic("soon") } // lane i is bit i

// lanes
func (r *Routine) Splat(v V) V                 { panic("soon") } // lane 0 in all lanes
func (r *Routine) HSum(v V) V                  { panic("soon") } // in lane 0; halves are added
func (r *Routine) HMax(v V) V                  { panic("soon") }
func (r *Routine) HMin(v V) V                  { panic("soon") }
func (r *Routine) WidenLo(v V) V               { panic("soon") } // lower F32 lanes → F64
func (r *Routine) WidenHi(v V) V               { panic("soon") }
func (r *Routine) Narrow(lo, hi V) V           { panic("soon") }
func (r *Routine) Transpose(vs []V) []V        { panic("soon") }
func (r *Routine) Lookup(table []V, index V) V { panic("soon") } // table: one vector, or two with AVX512; index: int lanes, modulo the table's size. F64 with AVX2 composes

// general registers
func (r *Routine) Imm(n int) G                          { panic("soon") }
func (r *Routine) GAdd(a, b G) G                        { panic("soon") }
func (r *Routine) GSub(a, b G) G                        { panic("soon") }
func (r *Routine) GMul(a, b G) G                        { panic("soon") }
func (r *Routine) GShl(a G, n int) G                    { panic("soon") }
func (r *Routine) GShr(a G, n int) G                    { panic("soon") } // the sign comes in
func (r *Routine) GAnd(a, b G) G                        { panic("soon") }
func (r *Routine) GMin(a, b G) G                        { panic("soon") }
func (r *Routine) GMax(a, b G) G                        { panic("soon") }
func (r *Routine) Lea(base, index G, scale, disp int) G { panic("soon") }
func (r *Routine) LoadInt32(m Mem) G                    { panic("soon") } // sign-extended
func (r *Routine) LoadInt(m Mem) G                      { panic("soon") }

// control
func (r *Routine) Loop(n G, step int, body func(i G))           { panic("soon") } // for i := 0; i+step <= n; i += step
func (r *Routine) LoopFrom(from, n G, step int, body func(i G)) { panic("soon") } // for i := from; i+step <= n; i += step
func (r *Routine) LoopConst(n, step int, body func(i G))        { panic("soon") } // n is known
func (r *Routine) Repeat(n G, body func())                      { panic("soon") } // n times, counting down
func (r *Routine) While(p Pred, a, b G, body func())            { panic("soon") } // a or b is a GVar
func (r *Routine) Tail(n G, step int) G                         { panic("soon") } // n − (n/step)·step, step a power of two
func (r *Routine) If(p Pred, a, b G, then, els func())          { panic("soon") } // els may be nil
func (r *Routine) IfAny(k M, then func())                       { panic("soon") }

// finishing
type Built struct {
	Name   string
	Doc    string
	Target Target
	Stub   string // func NAME(…) (…)
	Spills int    // values that live in the frame
	Frame  int    // bytes
}

func (r *Routine) Finish() (*Built, error) { panic("soon") }

func File(pkg, tags string, built []*Built) ([]byte, error) { panic("soon") }
