package driver

// playEffort is how many steps of work a model in a page may take: as long as
// with a server, of fewer steps, since WebAssembly is slower. A net of a dozen
// blocks of attention takes a third of them.
const playEffort = 6_000_000
