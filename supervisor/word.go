package supervisor

import (
	"strconv"

	"forever/internal/program"
)

// word is what a user types to mean the app, as a hint shows it: its name, so
// that a shell reads it as one word, or its id where the name is a number and
// might be another's id.
func (a *app) word() string { return program.Quote(a.called()) }

// wordOf means one of its instances: web:2.
func (a *app) wordOf(index int) string {
	return program.Quote(a.called() + ":" + strconv.Itoa(index))
}

func (a *app) called() string {
	if _, err := strconv.Atoi(a.spec.Name); err == nil {
		return strconv.Itoa(a.id)
	}
	return a.spec.Name
}
