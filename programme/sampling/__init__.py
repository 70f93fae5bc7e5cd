"""抽样导出: cases drawn for an auditor, in a way that anybody can draw again, with all that was decided on them and a data dictionary."""
