package driver

// Panicked is for tests that catch panics themselves.
var Panicked = panicked
