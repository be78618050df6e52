package tokentest

import "strings"

// elsewhereURL is an address that the attacker has the say over: in memory on
// another host, on loopback under a path of its own.
func (i *Issuer) elsewhereURL(name string) string {
	if i.options.Loopback {
		return strings.TrimSuffix(i.identifier, "/") + "/attacker/" + name
	}
	return "https://attacker.test/" + name
}

// serveElsewhere puts a document there and returns its address.
func (i *Issuer) serveElsewhere(name, body string) string {
	target := i.elsewhereURL(name)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.elsewhere[target] = body
	return target
}

// forger is the attacker's key for an algorithm, which the issuer does not
// publish. It is made once, for RSA keys are slow to make.
func (i *Issuer) forger(algorithm string) SigningKey {
	i.mu.Lock()
	defer i.mu.Unlock()
	k, ok := i.forgers[algorithm]
	if !ok {
		k = i.ForeignKey(algorithm, "attacker-1")
		i.forgers[algorithm] = k
	}
	return k
}
