package fetch

import (
	"net/netip"
	"slices"
)

// block is a range of addresses that no authorization server has.
type block struct {
	prefix netip.Prefix
	name   string
}

// refusedBlocks are where clouds hand out credentials, and then what the
// special-purpose address registries of IANA call not globally reachable: IPv4
// (iana-ipv4-special-registry, as of 2020-09-04) and IPv6
// (iana-ipv6-special-registry, as of 2024-10-22), with multicast and the
// deprecated blocks.
//
// Three kinds are missing on purpose, because issuers inside a company live
// there: private networks (RFC 1918), unique local addresses (RFC 4193) and the
// shared address space (RFC 6598), which clusters and overlay networks use.
// Loopback depends on the host and is checked by guard; in IPv4 it is here for
// the addresses that are wrapped in IPv6 ones.
var refusedBlocks = blocks(map[string][]string{
	"cloud metadata": {
		"fd00:ec2::/32", "fd20:ce::254/128", "fd00:42::42/128", // AWS, Google, Scaleway
		"100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", // Alibaba, Azure, Oracle
	},
	"this network":         {"0.0.0.0/8"},                   // RFC 791 §3.2
	"loopback":             {"127.0.0.0/8"},                 // RFC 1122 §3.2.1.3
	"link-local":           {"169.254.0.0/16", "fe80::/10"}, // RFC 3927, RFC 4291
	"protocol assignments": {"192.0.0.0/24", "2001::/23"},   // RFC 6890, RFC 2928
	"documentation": {
		"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", // RFC 5737
		"2001:db8::/32", "3fff::/20", // RFC 3849, RFC 9637
	},
	"Teredo":          {"2001::/32"},                   // RFC 4380: the IPv4 address is inverted
	"6to4":            {"192.88.99.0/24", "2002::/16"}, // RFC 7526
	"benchmarking":    {"198.18.0.0/15"},               // RFC 2544
	"multicast":       {"224.0.0.0/4", "ff00::/8"},     // RFC 5771, RFC 4291
	"reserved":        {"240.0.0.0/4"},                 // RFC 1112 §4, with broadcast
	"IPv4-compatible": {"::/96"},                       // RFC 4291 §2.5.5.1, with the unspecified address
	"IPv4-translated": {"::ffff:0:0:0/96"},             // RFC 2765 §2.1, SIIT
	"local NAT64":     {"64:ff9b:1::/48"},              // RFC 8215: where the IPv4 address is, its network knows
	"discard-only":    {"100::/64", "100:0:0:1::/64"},  // RFC 6666, RFC 9780
	"segment routing": {"5f00::/16"},                   // RFC 9602
	"site-local":      {"fec0::/10"},                   // RFC 3879
})

func blocks(named map[string][]string) (list []block) {
	for name, prefixes := range named {
		for _, p := range prefixes {
			list = append(list, block{netip.MustParsePrefix(p), name})
		}
	}
	// The narrowest first, so that the name is the most telling one.
	slices.SortFunc(list, func(a, b block) int { return b.prefix.Bits() - a.prefix.Bits() })
	return list
}

var (
	nat64         = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052 §2.1
	globalUnicast = netip.MustParsePrefix("2000::/3")     // all that IANA has given out yet
	uniqueLocal   = netip.MustParsePrefix("fc00::/7")
)

// refusedAs names the kind of address that a is if no server of that kind has
// it, or returns "". An IPv4 address inside an IPv6 one under the well-known
// prefix of NAT64 is judged as the IPv4 address. A translator with a prefix of
// its own network cannot be told from any other network.
func refusedAs(a netip.Addr) string {
	if nat64.Contains(a) {
		b := a.As16()
		return refusedAs(netip.AddrFrom4([4]byte(b[12:16])))
	}
	for _, b := range refusedBlocks {
		if b.prefix.Contains(a) {
			return b.name
		}
	}
	switch {
	case a.Is4():
		return ""
	case isISATAP(a):
		return "ISATAP"
	case !globalUnicast.Contains(a) && !uniqueLocal.Contains(a):
		return "not global unicast"
	}
	return ""
}

// isISATAP reports whether the interface identifier wraps an IPv4 address that
// the host would tunnel to (RFC 5214 §6.1), under any prefix.
func isISATAP(a netip.Addr) bool {
	b := a.As16()
	return b[8]&^0x02 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe
}
