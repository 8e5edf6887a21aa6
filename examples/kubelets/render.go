package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/promfold/promfold/examples/internal/show"
)

func render(d document) string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "node\tready\taddress\tscrape\twhy\n")
	for _, x := range d.Decisions {
		scrape := "no"
		switch {
		case x.Unresolved:
			scrape = "yes?"
		case x.Scrape:
			scrape = "yes"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", show.Text(x.Node), x.Ready, x.Target, scrape, show.Text(x.Reason))
	}
	t.Flush()
	if d.Kubelets != nil {
		fmt.Fprintf(&b, "\n")
		fmt.Fprintf(t, "kubelet\tis\tsays it is\tlives\t\n")
		for _, k := range d.Kubelets {
			says := k.Says
			if says == "" {
				says = "–"
			}
			remarks := k.Remarks
			if k.Names != nil {
				remarks = append([]string{"answers as " + strings.Join(k.Names, " and ")}, remarks...)
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\n", show.Text(k.Node), k.State, show.Text(says), k.Lives, show.Text(strings.Join(remarks, "; ")))
		}
		t.Flush()
	}
	if d.Increase != nil {
		fmt.Fprintf(&b, "\n%s: +%.0f, each kubelet once; +%.0f added up over the names (%s)\n", show.Text(d.Metric), *d.Increase, *d.ByName, d.Coverage)
	}
	return b.String() + "\n"
}
