// Package layers keeps the rooms of forever in their order. It has nothing but
// tests: they read the imports, the comments and the forbidden calls of every
// package, for every platform, and fail with the reason of the rule.
package layers
