"""Lists that leave the page: the shortlist for a synthesis group, as CSV and as a workbook."""
