package story

import (
	"fmt"
	"io"
)

// introduce says who plays in the story.
func (t *Town) introduce(out io.Writer) {
	fmt.Fprintf(out, `Services of the story, each a server of its own on this machine:

  %-21s %-24s issues tokens, and has the owners' passwords
  %-21s %-24s a stranger's web application, a client of it
  %-21s %-24s what clients call; passes their tokens on
  %-21s %-24s internal, HTTP; checks every token itself
  %-21s %-24s internal, gRPC; checks every token itself

For each step: the answer the story expects, the one that was seen with the reason for a
refusal, and below it what was presented, who decided, and why.
`, authServer, t.issuerURL, printingService, t.printingURL, publicAPI, t.apiURL, photoService, t.photosURL, albumService, t.albumsAddr)
}

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
