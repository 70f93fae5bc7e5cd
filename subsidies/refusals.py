from pilot_portal.workflow.refusals import Reason, catalogue

catalogue()
