package listener

import (
	"net/netip"
	"testing"
)

// Which addresses are in each other's way, and which takes what another one leaves.
func TestOverlap(t *testing.T) {
	const port = ":80"
	parse := func(host string) Address {
		ap := netip.MustParseAddrPort(host + port)
		return Address{AddrPort: ap, V6: ap.Addr().Is6()}
	}
	tests := map[string]struct {
		one              string
		only             bool
		other            string
		overlap, covered bool
	}{
		"the same":             {"127.0.0.1", false, "127.0.0.1", true, false},
		"two of one kind":      {"127.0.0.1", false, "127.0.0.2", false, false},
		"all of IPv4":          {"0.0.0.0", false, "127.0.0.1", true, true},
		"all of both":          {"[::]", false, "127.0.0.1", true, true},
		"all of both, of both": {"[::]", false, "[::1]", true, true},
		"all of IPv6":          {"[::]", true, "127.0.0.1", false, false},
		"both and IPv4":        {"[::]", false, "0.0.0.0", true, true},
		"IPv6 and IPv4":        {"[::]", true, "0.0.0.0", false, false},
		"IPv4 and IPv6":        {"0.0.0.0", false, "[::1]", false, false},
		"mapped":               {"[::ffff:127.0.0.1]", false, "127.0.0.1", true, false},
		"mapped, all":          {"[::ffff:0.0.0.0]", false, "127.0.0.1", true, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a, b := parse(test.one), parse(test.other)
			if got := Overlap(a, test.only, b, false); got != test.overlap {
				t.Errorf("they overlap: %v", got)
			}
			if got := Overlap(b, false, a, test.only); got != test.overlap {
				t.Errorf("they overlap the other way: %v", got)
			}
			if got := Covers(a, test.only, b); got != test.covered {
				t.Errorf("the first covers the other: %v", got)
			}
		})
	}
	elsewhere := Address{AddrPort: netip.MustParseAddrPort("127.0.0.1:81")}
	if Overlap(parse("0.0.0.0"), false, elsewhere, false) || Covers(parse("0.0.0.0"), false, elsewhere) {
		t.Error("two ports overlap")
	}
}
