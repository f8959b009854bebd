// Package render turns forever's facts into text for people: tables, colours,
// durations, sizes, errors and hints. It knows the wire messages and the
// terminal, and nothing about where the facts came from.
package render
