package logs

import (
	"testing"
	"time"
)

// agePaths lets the engine believe that it has not looked at its paths for long.
func agePaths(t *testing.T, e mover) {
	switch e := e.(type) {
	case *engine:
		e.call(func() error {
			for _, f := range e.feeds {
				f.looked, f.tried = -time.Hour, -time.Hour
			}
			return nil
		})
	case *plainEngine:
		agePlainPaths(e)
	}
}
