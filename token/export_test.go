package token

// ParseNumericDate is tested directly: a verifier shows only a part of what it does.
var ParseNumericDate = parseNumericDate
