package supervisor

import "forever/internal/wire"

// defaultPolicy is what an app has that says nothing about restarts.
func defaultPolicy() wire.Policy {
	return wire.Policy{
		Restart: wire.RestartOnFailure, MinUptimeMS: 1000, BackoffMinMS: 100, BackoffMaxMS: 30_000,
	}
}
