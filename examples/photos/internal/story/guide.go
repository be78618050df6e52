package story

import "fmt"

// Guide tells a person how to be the owner.
func (t *Town) Guide() string {
	return fmt.Sprintf(`
The services keep running until you press Ctrl-C. Open the printing service in
a browser and be the owner:

  printing service      %s
  user name             %s
  password              %s

  authorization server  %s
  public API            %s
  photo service (HTTP)  %s
  album service (gRPC)  %s
`, t.printingURL, t.olivia.name, t.olivia.password, t.issuerURL, t.apiURL, t.photosURL, t.albumsAddr)
}
