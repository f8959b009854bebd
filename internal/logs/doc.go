// Package logs moves what programs print into files and reads it back.
//
// The writing side is the Pump: one per supervisor, it carries bytes from the
// pipes of all instances to their log files. The reading side (Tail, Follow)
// works on the files alone and needs no supervisor.
package logs
