package metadata

// Read reads a document of that issuer.
func Read(body []byte, issuer string) (Document, error) {
	return (&Issuer{ID: issuer, Settings: "Config"}).read(body)
}
