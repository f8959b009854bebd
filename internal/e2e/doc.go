// Package e2e tries forever as its users meet it: the real binary, real
// processes, and one script for each story in testdata. It holds nothing but
// tests; what is promised is in docs/, and commands_linux_test.go says what a script
// may do beside testscript's own commands.
package e2e
