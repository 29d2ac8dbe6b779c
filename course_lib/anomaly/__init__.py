"""Anomalies: any model of the course as a detector of scikit-learn, and one that needs no model.

With the extra `metrics`, which brings scikit-learn.
"""

from course_lib.anomaly.detector import AnomalyDetector as AnomalyDetector
from course_lib.anomaly.ecod import ecod as ecod
