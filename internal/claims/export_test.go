package claims

// ParseNumericDate is tested directly: Rules show only a part of what it does.
var ParseNumericDate = parseNumericDate
