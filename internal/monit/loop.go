package monit

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/term"
)

// spawn runs f beside the loop. If it panics the terminal is put right first, so
// that the message can be read.
func (u *ui) spawn(f func()) {
	go func() {
		returned := false
		defer func() {
			if !returned {
				_ = u.t.leave() // the panic tells more
			}
		}()
		f()
		returned = true
	}()
}

// readKeys ends with the program: nothing interrupts a read of a terminal.
func (u *ui) readKeys(ctx context.Context) {
	for {
		chunk := make([]byte, 256)
		n, err := u.In.Read(chunk)
		if err != nil {
			u.faults <- fmt.Errorf("read the keyboard: %w", err)
			return
		}
		select {
		case u.typed <- chunk[:n]:
		case <-ctx.Done():
			return
		}
	}
}

// loop draws, and waits for what changes the screen.
func (u *ui) loop(ctx context.Context) error {
	clock := time.NewTicker(time.Second)
	defer clock.Stop()
	for !u.m.quit {
		u.m.tick(time.Now())
		u.follow(ctx)
		if err := u.draw(); err != nil {
			return err
		}
		if err := u.wait(ctx, clock.C); err != nil {
			return err
		}
	}
	return nil
}

// wait takes one piece of news.
func (u *ui) wait(ctx context.Context, clock <-chan time.Time) error {
	select {
	case b := <-u.typed:
		return u.press(ctx, u.keys.write(b))
	case <-u.escape:
		return u.press(ctx, u.keys.flush())
	case l := <-u.looks:
		u.m.tick(time.Now())
		u.m.see(l)
	case <-u.inbox.ready:
		lines, fault := u.inbox.take()
		u.m.logs.add(lines, u.m.words)
		if fault != nil {
			u.m.logs.fault = fault.Error()
		}
	case a := <-u.answers:
		u.m.tick(time.Now())
		u.m.say(a.text, a.bad)
	case sig := <-u.signals:
		return u.signal(sig)
	case err := <-u.faults:
		return err
	case <-clock:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// press takes keys, and sees to it that a lone escape key is one.
func (u *ui) press(ctx context.Context, keys []key) error {
	const within = 50 * time.Millisecond // the bytes of one key come
	u.escape = nil
	if u.keys.waits() {
		u.escape = time.After(within)
	}
	u.m.tick(time.Now())
	for _, k := range keys {
		switch w := u.m.press(k); w.action {
		case "":
		case wishSuspend:
			if err := u.suspend(); err != nil {
				return err
			}
		case wishRedraw:
			u.t.again()
		default:
			u.grant(ctx, w)
		}
		if u.m.quit {
			break
		}
	}
	return nil
}

func (u *ui) signal(sig os.Signal) error {
	switch meaning(sig) {
	case eventResize:
		u.t.again()
		return nil
	case eventResume:
		return u.t.enter() // a shell, or whoever else was there, has its own way of it
	}
	return &SignalError{sig}
}

// suspend gives the terminal to the shell until that says go on.
func (u *ui) suspend() error {
	if err := u.t.leave(); err != nil {
		return err
	}
	stopSelf()
	return u.t.enter()
}

func (u *ui) draw() error {
	width, height, err := term.GetSize(int(u.Window.Fd()))
	if err != nil {
		return fmt.Errorf("ask for the size of the window: %w", err)
	}
	return u.t.draw(u.m.frame(u.b, width, height), width, height)
}
