package middleware

// OneSpelling is how a Mux reads hosts.
var OneSpelling = oneSpelling
