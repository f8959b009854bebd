//go:build !linux

package logs

func newNotifier() notifier { return ticker{} }
